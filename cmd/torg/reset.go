package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"torg/datadir"
)

type resetCmd struct {
	Data string `help:"Data folder to delete." default:"torg-data" env:"TORG_DATA" type:"path"`
	Yes  bool   `help:"Do not ask."`
}

// Run deletes a data folder, keys and chain included, after asking.
func (r resetCmd) Run() error {
	if _, err := os.Stat(r.Data); os.IsNotExist(err) {
		say("%s is not there: nothing to delete", r.Data)
		return nil
	}
	if !r.Yes {
		fmt.Printf("Delete %s with its chain, keys and tables, for good? Type yes: ", r.Data)
		answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			say("Nothing is deleted.")
			return nil
		}
	}
	if err := datadir.Reset(r.Data); err != nil {
		return usage(err)
	}
	say("Deleted %s", r.Data)
	return nil
}
