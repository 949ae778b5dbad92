package orderbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"torg"
	"torg/market"
)

// Write writes contracts.csv, prices.csv, flows.csv, unmatched.csv and summary.json into
// a folder, which is made if absent. Files get their names only when all of them are
// whole, the summary last; after an error the folder is as it was.
func Write(ctx context.Context, dir string, c torg.Complex, s *market.Sheet, r *market.Result) error {
	var supplier torg.ParticipantID
	if c.Supplier != nil {
		supplier = c.Supplier.Participant
	}
	files := []struct {
		name  string
		write func(io.Writer) error
	}{
		{"contracts.csv", func(w io.Writer) error { return contracts(w, supplier, s, r) }},
		{"prices.csv", func(w io.Writer) error { return prices(w, r) }},
		{"flows.csv", func(w io.Writer) error { return flows(w, r) }},
		{"unmatched.csv", func(w io.Writer) error { return unmatched(w, s, r) }},
		{"summary.json", func(w io.Writer) error { return summary(w, Summarize(s, r)) }},
	}
	for _, f := range files {
		if info, err := os.Lstat(filepath.Join(dir, f.name)); err == nil && info.IsDir() {
			return fmt.Errorf("%s: is a folder", filepath.Join(dir, f.name))
		}
	}
	made, err := makeFolder(dir)
	if err != nil {
		return errors.Join(err, removeEach(made))
	}
	temporary := make([]string, len(files))
	group, ctx := errgroup.WithContext(ctx)
	for i, f := range files {
		group.Go(func() (err error) {
			temporary[i], err = writeTemporary(ctx, dir, f.name, f.write)
			return err
		})
	}
	err = group.Wait()
	for i, f := range files {
		if err == nil {
			err = os.Rename(temporary[i], filepath.Join(dir, f.name))
		}
		if err != nil && temporary[i] != "" {
			err = errors.Join(err, remove(temporary[i]))
		}
	}
	if err != nil {
		err = errors.Join(err, removeEach(made))
	}
	return err
}

// makeFolder makes a folder and those that it is in, and returns those that were not
// there, the innermost first.
func makeFolder(dir string) (made []string, err error) {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !os.IsNotExist(err) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o755)
}

func removeEach(paths []string) (err error) {
	for _, path := range paths {
		err = errors.Join(err, remove(path))
	}
	return err
}

func remove(path string) error {
	err := os.Remove(path)
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// writeTemporary writes a file under another name and returns that name, also where it
// fails.
func writeTemporary(ctx context.Context, dir, name string, write func(io.Writer) error) (string, error) {
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return "", err
	}
	err = write(until{ctx, f})
	if err == nil {
		err = f.Chmod(0o644)
	}
	return f.Name(), errors.Join(err, f.Close())
}

// until is a file that takes no more once the context is done.
type until struct {
	ctx context.Context
	io.Writer
}

func (u until) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Writer.Write(b)
}
