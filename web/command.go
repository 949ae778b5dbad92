package web

import "strings"

// commandLine is a command of torg to be copied into a shell: its words, then flags as
// name and value. A flag without a value is left out.
func commandLine(words string, flags ...[2]string) string {
	for _, f := range flags {
		switch {
		case f[1] == "":
		case strings.HasPrefix(f[1], "-"): // not another flag
			words += " --" + f[0] + "=" + shell(f[1])
		default:
			words += " --" + f[0] + " " + shell(f[1])
		}
	}
	return words + " --key FILE"
}

// shell quotes an argument that a shell would take apart or put something into.
func shell(s string) string {
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".,-:/_", c)) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}
