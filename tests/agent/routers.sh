# A shop, its router, the provider and head office as network namespaces joined by wires, inside a namespace of this script's own:
# prints what the probe in $1... makes of each fault. Nothing of the machine's own network is touched.
set -eu
far=198.51.100.2
for name in router provider hq; do
  unshare -n sleep 60 &
  eval "$name=$!"
done
trap 'kill $router $provider $hq' EXIT
inside() { nsenter -t "$1" -n "${@:2}"; }
for pid in $router $provider $hq; do
  until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
done
wire() {  # near pid, name, address; far pid, name, address
  inside $1 ip link add $2 type veth peer name $5 netns $4
  inside $1 ip addr add $3 dev $2
  inside $4 ip addr add $6 dev $5
  inside $1 ip link set $2 up
  inside $4 ip link set $5 up
}
wire $$ shop 192.168.7.2/24 $router inner 192.168.7.1/24
wire $router outer 203.0.113.2/24 $provider edge 203.0.113.1/24
wire $provider core 198.51.100.1/24 $hq far $far/24
ip route add default via 192.168.7.1
inside $router ip route add default via 203.0.113.1
inside $provider ip route add 192.168.7.0/24 via 203.0.113.2
inside $hq ip route add default via 198.51.100.1
for pid in $router $provider; do inside $pid sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'; done
swallow() { inside $1 nft "add table inet t; add chain inet t c { type filter hook prerouting priority -300; policy drop; }"; }
tell() { echo "$1 $("${probe[@]}" $far)"; }
probe=("$@")
tell well
swallow $hq
tell hq_swallows
inside $provider ip link set core down
tell hq_unplugged
swallow $provider
tell line_swallows
inside $router ip link set outer down
tell line_unplugged
inside $router ip link set inner down
tell router_off
ip link set shop down
tell cable_off
