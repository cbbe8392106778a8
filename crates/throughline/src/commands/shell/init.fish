# thru: `codex tasks …` and `codex cache …` are Throughline's, everything else is Codex's, untouched.
# In ~/.config/fish/config.fish:  thru shell-init fish | source

function codex --wraps codex
    switch "$argv[1]"
        case tasks cache
            command thru $argv
        case '*'
            command codex $argv
    end
end

function __thru_codex_is_ours
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] tasks cache
end

function __thru_codex_complete
    complete -C (string replace -r '^\s*codex' thru -- (commandline -cp))
end

command thru completions fish | source
complete -c codex -n 'test (count (commandline -opc)) -eq 1' -f -a 'tasks cache'
complete -c codex -n __thru_codex_is_ours -f -a '(__thru_codex_complete)'
