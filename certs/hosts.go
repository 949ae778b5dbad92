package certs

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// split tells names from addresses. It refuses what can be neither.
func split(hosts []string) (names []string, ips []net.IP, err error) {
	if len(hosts) == 0 {
		return nil, nil, errors.New("no host: name those under which clients reach this server")
	}
	if len(hosts) > MaxHosts {
		return nil, nil, fmt.Errorf("%d hosts: at most %d", len(hosts), MaxHosts)
	}
	seen := map[string]bool{}
	for _, h := range hosts {
		host := strings.ToLower(h)
		if seen[host] {
			continue
		}
		seen[host] = true
		if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
			if ip.IsUnspecified() || ip.IsMulticast() {
				return nil, nil, fmt.Errorf("host %q: no address that a client asks for", h)
			}
			ips = append(ips, ip)
			continue
		}
		if err := validName(host); err != nil {
			return nil, nil, fmt.Errorf("host %q: %w", h, err)
		}
		names = append(names, host)
	}
	return names, ips, nil
}

// validName refuses what is no host name: labels of letters, digits and hyphens.
func validName(host string) error {
	if len(host) == 0 || len(host) > 253 {
		return errors.New("a name has 1 to 253 characters")
	}
	digits := true
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return errors.New("not a host name")
		}
		digits = true
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
				return errors.New("only letters a-z, digits, '-' and '.'; without a scheme and a port")
			}
			digits = digits && c >= '0' && c <= '9'
		}
	}
	if digits {
		return errors.New("neither an address nor a name")
	}
	return nil
}

// ranges are the addresses alone.
func ranges(ips []net.IP) []*net.IPNet {
	var all []*net.IPNet
	for _, ip := range ips {
		if four := ip.To4(); four != nil {
			all = append(all, &net.IPNet{IP: four, Mask: net.CIDRMask(32, 32)})
		} else {
			all = append(all, &net.IPNet{IP: ip, Mask: net.CIDRMask(128, 128)})
		}
	}
	return all
}
