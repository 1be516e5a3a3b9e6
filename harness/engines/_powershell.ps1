# Runs a script of Get-WinEvent and filters on recorded events, each alone: on standard input
# {query, events}, on standard output {version, refused | failed | verdicts}. The script sees a
# runspace of its own in constrained language mode, with four commands and a Get-WinEvent that
# gives the event; nothing else can be called there.
$ErrorActionPreference = 'Stop'
$given = [Console]::In.ReadToEnd() | ConvertFrom-Json -Depth 100

function Answer($what) {
    [Console]::Out.Write(($what | ConvertTo-Json -Compress -Depth 4))
    exit 0
}

$tokens = $null
$errors = $null
[void][System.Management.Automation.Language.Parser]::ParseInput(
    $given.query, [ref]$tokens, [ref]$errors)
if ($errors) { Answer @{ refused = $errors[0].Message } }

$state = [initialsessionstate]::Create()
$state.LanguageMode = 'ConstrainedLanguage'
$commands = @{
    'Where-Object'   = [Microsoft.PowerShell.Commands.WhereObjectCommand]
    'ForEach-Object' = [Microsoft.PowerShell.Commands.ForEachObjectCommand]
    'Select-Object'  = [Microsoft.PowerShell.Commands.SelectObjectCommand]
    'Sort-Object'    = [Microsoft.PowerShell.Commands.SortObjectCommand]
}
foreach ($name in $commands.Keys) {
    $state.Commands.Add(
        [System.Management.Automation.Runspaces.SessionStateCmdletEntry]::new(
            $name, $commands[$name], $null))
}
$aliases = @{
    'where' = 'Where-Object'; '?' = 'Where-Object'; 'foreach' = 'ForEach-Object'
    '%' = 'ForEach-Object'; 'select' = 'Select-Object'; 'sort' = 'Sort-Object'
}
foreach ($name in $aliases.Keys) {
    $state.Commands.Add(
        [System.Management.Automation.Runspaces.SessionStateAliasEntry]::new(
            $name, $aliases[$name]))
}
$body = @'
param([string[]] $LogName, [string[]] $Path)
$event = $HarnessEvent
$named = $event.LogName
if ($Path -or -not $named -or ($LogName | Where-Object { $named -like $_ })) { $event }
'@
$state.Commands.Add(
    [System.Management.Automation.Runspaces.SessionStateFunctionEntry]::new(
        'Get-WinEvent', $body))

$runspace = [runspacefactory]::CreateRunspace($state)
$runspace.Open()
$verdicts = foreach ($event in $given.events) {
    $runspace.SessionStateProxy.SetVariable('HarnessEvent', $event)
    $shell = [powershell]::Create()
    $shell.Runspace = $runspace
    [void]$shell.AddScript($given.query)
    try {
        $found = $shell.Invoke()
        if ($shell.HadErrors) { 'error' } elseif ($found.Count) { 'fires' } else { 'silent' }
    } catch [System.Management.Automation.CommandNotFoundException] {
        Answer @{ failed = $_.Exception.Message }
    } catch [System.Management.Automation.RuntimeException] {
        if ($_.Exception.InnerException -is
            [System.Management.Automation.CommandNotFoundException]) {
            Answer @{ failed = $_.Exception.InnerException.Message }
        }
        'error'
    } finally {
        $shell.Dispose()
    }
}
Answer @{ verdicts = @($verdicts) }
