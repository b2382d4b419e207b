using OpenAI.Chat;

class A : B { }
class B : A { }
interface IOne : ITwo { Task M(); }
interface ITwo : IOne { }

class Self(ChatClient client) : IOne
{
    Func<string, Task> f = null!;
    Task IOne.M() => ((IOne)this).M();

    async Task Recursive(List<string> xs)
    {
        Func<string, Task> g = x => g(x);
        var tasks = tasks.Concat(tasks).ToList();
        tasks = xs.Select(x => Recursive(xs)).ToList();
        await Task.WhenAll(tasks);
        await Task.WhenAll(xs.Select(g));
        var i = i + 1;
        await Task.WhenAll(Enumerable.Range(0, i).Select(_ => client.CompleteChatAsync("")));
        await Recursive(xs).Result;
    }
}
