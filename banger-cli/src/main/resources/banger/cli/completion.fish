# fish completion for banger: banger completion fish > ~/.config/fish/completions/banger.fish
complete -c banger -f -a '(set -l words (commandline -opc) (commandline -ct); banger __complete -- $words[2..-1] 2>/dev/null)'
