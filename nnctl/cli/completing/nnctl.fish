function _nnctl_completion
    set -lx _NNCTL_COMPLETE fish_complete
    set -lx COMP_LINE (commandline --current-process --cut-at-cursor)
    nnctl 2>/dev/null
end

complete --command nnctl --no-files --keep-order --arguments "(_nnctl_completion)"
