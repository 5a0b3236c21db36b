# Completion for bash. tutti itself says what may come next; where it says nothing, files are offered.
_tutti() {
  local words=() word IFS=$'\n'
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    [ "$word" = = ] || words+=("$word")  # bash makes three words of --to=text
  done
  [ "${COMP_WORDS[COMP_CWORD]}" != = ] || words+=("")
  # shellcheck disable=SC2207  # lines on purpose
  COMPREPLY=($(tutti complete "${words[@]}" 2> /dev/null | cut -f 1))
}
complete -o default -F _tutti tutti
