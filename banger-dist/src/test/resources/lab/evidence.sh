# What there is to say about a failure.
state=/home/ann/.local/state/banger
cd $state || exit 0
for file in logs/bangerd.log logs/bangerd.out logs/*.console.log vms/*/console.log vms/*/vmm.log vms/*/exit.json; do
	[ ! -s "$file" ] || { echo "--- $file"; tail -n 40 "$file"; }
done
journalctl -u "banger-vm@*" --no-pager -n 20 2>/dev/null
ps -eo pid,user,args | cut -c 1-160 | tail -n 40
