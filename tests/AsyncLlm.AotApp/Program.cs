using AsyncLlm.AotApp;

return args switch
{
    ["batch", var journal, var ledger, var count] => await JournaledBatch.RunAsync(journal, ledger, int.Parse(count)),
    _ => 1,
};
