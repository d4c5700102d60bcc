# bash completion for banger: source <(banger completion bash)
_banger() {
	local IFS=$'\n'
	COMPREPLY=($(banger __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _banger banger
