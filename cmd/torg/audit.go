package main

import (
	"fmt"

	"torg/audit"
)

type auditCmd struct {
	Dir string `arg:"" help:"Folder that torg sim wrote." type:"existingdir"`
}

// Run recomputes and prints what was checked and what is wrong.
func (a auditCmd) Run() error {
	r, err := audit.Dir(a.Dir)
	if err != nil {
		return usage(err)
	}
	fmt.Print(r)
	if !r.OK() {
		return fmt.Errorf("%s does not hold", a.Dir)
	}
	return nil
}
