_nnctl_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_NNCTL_COMPLETE=bash_complete COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        "$1" 2>/dev/null)
}

# bash before 4.4 cannot keep the order
complete -o nospace -o nosort -F _nnctl_completion nnctl 2>/dev/null ||
    complete -o nospace -F _nnctl_completion nnctl
