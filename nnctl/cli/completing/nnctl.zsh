#compdef nnctl

_nnctl_completion() {
    local line value help
    local -a finished more
    while IFS= read -r line; do
        value="${${line%%$'\t'*}[2,-1]}"
        help="${line#*$'\t'}"
        value="${value//:/\\:}"
        [[ -n "$help" ]] && value+=":$help"
        if [[ "$line" == "+"* ]]; then
            more+=("$value")
        else
            finished+=("$value")
        fi
    done < <(_NNCTL_COMPLETE=zsh_complete COMP_LINE="${(j: :)words[1,CURRENT-1]} $PREFIX" "${words[1]}" 2>/dev/null)
    (( $#finished )) && _describe -V nnctl finished
    (( $#more )) && _describe -V nnctl more -S ''
}

if [[ "$zsh_eval_context[-1]" == loadautofunc ]]; then
    _nnctl_completion "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _nnctl_completion nnctl
fi
