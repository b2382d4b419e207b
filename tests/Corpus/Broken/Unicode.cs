class Ünïcode { async Task M() { await Task.WhenAll(𝒳.Select(x => ñ.CompleteChatAsync(x))); "unterminated
