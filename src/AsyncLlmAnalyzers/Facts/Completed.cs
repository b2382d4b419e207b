using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Has the task already completed where this expression reads it, so that taking its result does not wait?</summary>
internal static class Completed
{
    /// <summary>
    /// Yes: it was awaited or waited for on every way here, a condition tested it, or it was handed out completed.
    /// A lazy sequence proves nothing: reading it again starts its calls again.
    /// </summary>
    public static Fact Of(IOperation task, KnownTypes types) =>
        new Search(task, types).Proof(task) is { } proof ? new Fact(Verdict.Yes, proof.Syntax.GetLocation()) : new Fact(Verdict.No);

    private sealed class Search
    {
        private readonly IOperation _site;
        private readonly KnownTypes _types;
        private readonly TaskSources _sources;
        private readonly TaskCover _cover;
        private readonly CompletionTests _tests;
        private readonly HashSet<IOperation> _seen = [];

        public Search(IOperation site, KnownTypes types)
        {
            _site = site;
            _types = types;
            _sources = new TaskSources(types);
            _cover = new TaskCover(types, _sources);
            _tests = new CompletionTests(types, _sources, _cover);
        }

        /// <summary>The operation after which the task is known to be complete at the site.</summary>
        public IOperation? Proof(IOperation task)
        {
            task = task.WithoutConversions();
            if (!_seen.Add(task))
                return null;

            if (HandedOut(task) is { } handedOut)
                return handedOut;
            if (task is IAwaitOperation || TaskWait.From(task, _types) is not null)
                return null; // a task that another task resulted in
            if (TaskPath.Is(task) && !_cover.IsLazy(task) && OnTheWay(task) is { } onTheWay)
                return onTheWay;
            if (task is IInvocationOperation { TargetMethod.Name: "Where" } where && _tests.OfPredicate(where) is { } test)
                return test;

            var proofs = _sources.Of(task).Select(Proof).ToList();
            return _types.IsCombinator(task, "WhenAny") || !proofs.Contains(null) ? proofs.FirstOrDefault(proof => proof is not null) : null;
        }

        /// <summary>The winner of <c>WhenAny</c>, a variable of <c>WhenEach</c>, a continuation's parameter, the task at the index from <c>WaitAny</c>.</summary>
        private IOperation? HandedOut(IOperation task) => task switch
        {
            IAwaitOperation => _tests.RaceOf(task),
            IInvocationOperation { TargetMethod: { Name: "FromResult" or "FromException" or "FromCanceled", ContainingType: var type } } => _types.IsTaskLike(type) ? task : null,
            ILocalReferenceOperation local when LocalValues.IterationOf(local.Local, local) is { IsAsynchronous: true, Collection: var tasks } => _types.IsCombinator(tasks, "WhenEach") ? tasks : null,
            IParameterReferenceOperation parameter => TaskSources.LambdaCallOf(parameter) is { TargetMethod.Name: "ContinueWith" or "ContinueWhenAll" or "ContinueWhenAny" } continuation ? continuation : null,
            IArrayElementReferenceOperation { Indices: [var index] } => FromWaitAny(index),
            IPropertyReferenceOperation { Property.IsIndexer: true, Arguments: [var index] } => FromWaitAny(index.Value),
            _ => null,
        };

        private IOperation? FromWaitAny(IOperation index)
        {
            var value = index.WithoutConversions() is ILocalReferenceOperation local ? local.Initializer() : index;
            return value is not null && _types.IsCombinator(value, "WaitAny") ? value : null;
        }

        /// <summary>From the site outwards: what ran before it, and the conditions it stands under.</summary>
        private IOperation? OnTheWay(IOperation path)
        {
            for (IOperation child = _site, parent = _site.Parent!; parent is not null; child = parent, parent = parent.Parent!)
            {
                var proof = Condition(parent, child, path)
                    ?? RunBefore(parent, child).Select(earlier => Completes(earlier, path)).LastOrDefault(found => found is not null);
                if (proof is not null && !TaskPath.IsReplaced(path, proof, _site))
                    return proof;
            }

            return null;
        }

        private static IEnumerable<IOperation> RunBefore(IOperation parent, IOperation child) => parent switch
        {
            IConditionalOperation conditional when child != conditional.Condition => [conditional.Condition],
            ISwitchOperation @switch when child != @switch.Value => [@switch.Value],
            ISwitchExpressionOperation @switch when child != @switch.Value => [@switch.Value],
            ITryOperation @try when child != @try.Body => [@try.Body],
            _ => parent.ChildOperations.TakeWhile(operation => operation != child),
        };

        /// <summary>What is known of the task because <paramref name="child"/> runs at all.</summary>
        private IOperation? Condition(IOperation parent, IOperation child, IOperation path) => parent switch
        {
            IConditionalOperation conditional when child == conditional.WhenTrue => _tests.Implied(conditional.Condition, true, path),
            IConditionalOperation conditional when child == conditional.WhenFalse => _tests.Implied(conditional.Condition, false, path),
            IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd } both when child == both.RightOperand => _tests.Implied(both.LeftOperand, true, path),
            IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr } either when child == either.RightOperand => _tests.Implied(either.LeftOperand, false, path),
            IWhileLoopOperation { Condition: { } condition, ConditionIsTop: true } loop when child == loop.Body => _tests.Implied(condition, true, path),
            ISwitchCaseOperation { Clauses: [ISingleValueCaseClauseOperation clause], Parent: ISwitchOperation @switch } => CompletionTests.OfStatus(@switch.Value, clause.Value, path),
            ISwitchExpressionArmOperation { Pattern: IConstantPatternOperation pattern, Parent: ISwitchExpressionOperation @switch } => CompletionTests.OfStatus(@switch.Value, pattern.Value, path),
            IAnonymousFunctionOperation lambda => lambda.GivenTo() is { TargetMethod.Name: "ContinueWith" or "OnCompleted" or "UnsafeOnCompleted" } continuation
                && continuation.Receiver() is { } continued && _cover.Covers(continued, path) ? continuation : null,
            _ => null,
        };

        /// <summary>What inside this operation cannot be passed before the task has completed.</summary>
        private IOperation? Completes(IOperation operation, IOperation path) => operation switch
        {
            IAnonymousFunctionOperation or ILocalFunctionOperation or ICatchClauseOperation => null,
            IConditionalOperation conditional => Completes(conditional.Condition, path) ?? OfBranches(conditional, path),
            ISwitchOperation @switch => Completes(@switch.Value, path),
            ISwitchExpressionOperation @switch => Completes(@switch.Value, path),
            ICoalesceOperation coalesce => Completes(coalesce.Value, path),
            IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd or BinaryOperatorKind.ConditionalOr } binary => Completes(binary.LeftOperand, path),
            ILoopOperation loop => OfLoop(loop, path),
            IAwaitOperation await when _cover.Covers(await.Operation, path) => await,
            _ when TaskWait.From(operation, _types) is { WaitsForAll: true } wait && wait.Tasks.Any(task => _cover.Covers(task, path)) => operation,
            _ => operation.ChildOperations.Select(child => Completes(child, path)).FirstOrDefault(found => found is not null),
        };

        private IOperation? OfBranches(IConditionalOperation conditional, IOperation path) =>
            OfBranch(conditional.WhenTrue, conditional.Condition, true, path) is { } whenTrue
            && OfBranch(conditional.WhenFalse, conditional.Condition, false, path) is not null
                ? whenTrue
                : null;

        /// <summary>Beyond this branch the task is complete, or the branch does not go on.</summary>
        private IOperation? OfBranch(IOperation? branch, IOperation condition, bool value, IOperation path) =>
            _tests.Implied(condition, value, path) ?? (branch is null ? null : Completes(branch, path) ?? (Leaves(branch) ? branch : null));

        private static bool Leaves(IOperation branch) => branch switch
        {
            IBlockOperation block => block.Operations.LastOrDefault() is { } last && Leaves(last),
            IExpressionStatementOperation statement => statement.Operation is IThrowOperation,
            _ => branch is IReturnOperation or IThrowOperation or IBranchOperation,
        };

        /// <summary>A loop that awaits every task of the collection, or goes on until the task has completed.</summary>
        private IOperation? OfLoop(ILoopOperation loop, IOperation path) => loop switch
        {
            IWhileLoopOperation { Condition: { } condition } @while =>
                Completes(condition, path) ?? (@while.ConditionIsTop ? null : Completes(loop.Body, path)) ?? (HasBreak(loop) ? null : _tests.Implied(condition, false, path)),
            IForEachLoopOperation forEach =>
                Completes(forEach.Collection, path) ?? (!HasBreak(loop) && _cover.Covers(forEach.Collection, path) && CompletesEach(forEach) ? loop : null),
            IForLoopOperation =>
                !HasBreak(loop) && Names(loop.Body, name => TaskPath.AreSame(TaskPath.CollectionOf(name), path)) is { } element && Completes(loop.Body, element) is not null ? loop : null,
            _ => null,
        };

        private bool CompletesEach(IForEachLoopOperation loop) =>
            _types.IsCombinator(loop.Collection, "WhenEach")
            || Names(loop.Body, name => name is ILocalReferenceOperation local && loop.Locals.Contains(local.Local, SymbolEqualityComparer.Default)) is { } element
                && Completes(loop.Body, element) is not null;

        private static IOperation? Names(IOperation body, Func<IOperation, bool> isWanted) => body.Descendants().FirstOrDefault(isWanted);

        private static bool HasBreak(ILoopOperation loop) => loop.Body.Descendants().OfType<IBranchOperation>()
            .Any(branch => SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel));
    }
}
