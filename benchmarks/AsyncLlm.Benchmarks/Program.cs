using AsyncLlm.Benchmarks.Pairs;
using BenchmarkDotNet.Running;

switch (args)
{
    case ["--check"]:
        return await PairRunner.RunAsync(PairList.All(size: 1), rounds: 15, isGate: false);
    case ["--gate"]:
        return await PairRunner.RunAsync(PairList.All(size: 2), rounds: 15, isGate: true);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}
