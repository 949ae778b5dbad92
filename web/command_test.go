package web_test

import (
	"testing"

	"torg/web"
)

func TestCommandLine(t *testing.T) {
	for want, flags := range map[string][][2]string{
		"torg board take a.o1 --key FILE":                                          {{"from", ""}},
		"torg board take a.o1 --from 2026-12-01T08:00 --power '400 kW' --key FILE": {{"from", "2026-12-01T08:00"}, {"power", "400 kW"}},
		"torg board take a.o1 --price=-0.5 --key FILE":                             {{"price", "-0.5"}},
		"torg board take a.o1 --source '$(reboot)`x`' --key FILE":                  {{"source", "$(reboot)`x`"}},
		`torg board take a.o1 --source 'it'\''s' --key FILE`:                       {{"source", "it's"}},
	} {
		if got := web.CommandLine("torg board take a.o1", flags...); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
