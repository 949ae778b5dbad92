package datadir

import (
	"fmt"
	"os"
	"path/filepath"
)

// Prepare makes a folder that Open takes for its own later, so that accounts and
// certificates can be there before the market's first start. A folder that is there
// stays as it is, also while a market uses it; one of somebody else is refused.
func Prepare(path string) error {
	if err := refuseForeign(path); err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return f.Close()
}
