# thru: `codex tasks …` and `codex cache …` are Throughline's, everything else is Codex's, untouched.
# In ~/.zshrc, after compinit:  eval "$(thru shell-init zsh)"

codex() {
    case "${1-}" in
        tasks | cache) command thru "$@" ;;
        *) command codex "$@" ;;
    esac
}

# Both completions are read when they are needed first: each costs a process.
_thru_codex() {
    if (( CURRENT > 2 )) && [[ ${words[2]} == (tasks|cache) ]]; then
        (( $+functions[_thru] )) || eval "$(command thru completions zsh)"
        words[1]=thru
        _thru "$@"
        return
    fi
    if ! (( $+functions[_codex] )); then
        eval "$(command codex completion zsh 2> /dev/null)"
        # That put itself in our place.
        compdef _thru_codex codex
    fi
    (( CURRENT == 2 )) && compadd tasks cache
    (( $+functions[_codex] )) && _codex "$@"
}

(( $+functions[compdef] )) && compdef _thru_codex codex
