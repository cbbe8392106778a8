# thru: `codex tasks …` and `codex cache …` are Throughline's, everything else is Codex's, untouched.
# In ~/.bashrc:  eval "$(thru shell-init bash)"

codex() {
    case "${1-}" in
        tasks | cache) command thru "$@" ;;
        *) command codex "$@" ;;
    esac
}

# Both completions are read when they are needed first: each costs a process.
_thru_codex() {
    COMPREPLY=()
    case "${COMP_CWORD}:${COMP_WORDS[1]-}" in
        1:*)
            _thru_codex_own "$@"
            COMPREPLY+=($(compgen -W 'tasks cache' -- "${COMP_WORDS[1]}"))
            ;;
        *:tasks | *:cache)
            declare -F _thru > /dev/null || eval "$(command thru completions bash)"
            COMP_WORDS[0]=thru
            _thru thru "$2" "$3"
            ;;
        *) _thru_codex_own "$@" ;;
    esac
}

_thru_codex_own() {
    if ! declare -F _codex > /dev/null; then
        eval "$(command codex completion bash 2> /dev/null)"
        # That put itself in our place.
        complete -F _thru_codex -o bashdefault -o default codex
    fi
    declare -F _codex > /dev/null && _codex "$@"
}

complete -F _thru_codex -o bashdefault -o default codex
