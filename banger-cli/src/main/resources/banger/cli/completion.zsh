#compdef banger
# zsh completion for banger: banger completion zsh > ~/.zfunc/_banger
_banger() {
	local -a candidates
	candidates=("${(@f)$(banger __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	compadd -a candidates
}
compdef _banger banger
