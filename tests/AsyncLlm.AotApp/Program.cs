using AsyncLlm.AotApp;

switch (args)
{
    case ["batch", var journal, var ledger, var count]:
        return await JournaledBatch.RunAsync(journal, ledger, int.Parse(count));
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
