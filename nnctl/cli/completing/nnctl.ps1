Register-ArgumentCompleter -Native -CommandName nnctl, nnctl.exe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $before = @($env:_NNCTL_COMPLETE, $env:COMP_LINE, [Console]::OutputEncoding)
    # The text of the command does not include blanks at its end
    $line = $commandAst.Extent.Text.PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    try {
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $env:_NNCTL_COMPLETE = 'powershell_complete'
        $env:COMP_LINE = $line.Substring(0, $cursorPosition - $commandAst.Extent.StartOffset)
        $answer = & $commandAst.GetCommandName() 2>$null
    } finally {
        $env:_NNCTL_COMPLETE, $env:COMP_LINE, [Console]::OutputEncoding = $before
    }
    foreach ($entry in $answer) {
        $value, $help = $entry.Substring(1).Split("`t", 2)
        $inserted = if ($value -match "[\s'`"```$;&|(){}<>@#,]") { "'" + $value.Replace("'", "''") + "'" } else { $value }
        $tip = if ($help) { $help } else { $value }
        [System.Management.Automation.CompletionResult]::new($inserted, $value, 'ParameterValue', $tip)
    }
}
