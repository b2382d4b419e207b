using AsyncLlm.AotApp;

switch (args)
{
    case ["batch", var journal, var ledger, var count, var stopAt]:
        return await JournaledBatch.RunAsync(journal, ledger, int.Parse(count), stopAt.Length > 0 ? int.Parse(stopAt) : null);
    case []:
        await GroupMembers.UseAsync();
        await HelperMembers.UseAsync();
        await ThrottleMembers.UseAsync();
        ValueMembers.Use();
        Console.WriteLine("every member used");
        return 0;
    default:
        return 1;
}
