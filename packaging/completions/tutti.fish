# Completion for fish. tutti itself says what may come next; where it says nothing, files are offered.
function __tutti_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l said (tutti complete $words[2..] "$last" 2>/dev/null)
    if test (count $said) -gt 0
        printf '%s\n' $said
    else
        __fish_complete_path "$last"
    end
end
complete -c tutti -f -a '(__tutti_complete)'
