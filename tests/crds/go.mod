module firebreak.test/crds

go 1.26.0

require github.com/cilium/cilium v1.19.5
