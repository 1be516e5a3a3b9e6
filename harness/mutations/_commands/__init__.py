"""How command lines are read: by Windows programs, by cmd.exe, PowerShell and Unix shells."""
