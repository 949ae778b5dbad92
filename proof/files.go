package proof

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Files is a proof: the files' contents by name.
type Files map[string][]byte

// The names of the files that every proof has.
const (
	fileContract = "contract.bin"
	fileText     = "contract.json"
	fileProof    = "proof.json"
)

// The names of a party's files, after its side.
const (
	fileKey          = "pem"
	fileOrder        = "order.bin"
	fileOrderSig     = "order.sig"
	fileStatement    = "statement.bin"
	fileStatementSig = "statement.sig"
	fileMandate      = "mandate.bin"
	fileMandateSig   = "mandate.sig"
	fileOwner        = "owner.pem"
)

// maxFile bounds each file of a proof in bytes: a light block of thousands of
// validators fits.
const maxFile = 4 << 20

// names returns all names that a proof may have.
func names() []string {
	list := []string{fileContract, fileText, fileProof}
	for _, s := range sides {
		for _, name := range []string{fileKey, fileOrder, fileOrderSig, fileStatement, fileStatementSig, fileMandate, fileMandateSig, fileOwner} {
			list = append(list, s.file(name))
		}
	}
	return list
}

// ReadDir reads a proof from a folder. It refuses whatever else is there, naming it.
func ReadDir(dir string) (Files, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := Files{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if err := mayBe(e.Name(), info.Mode().IsRegular(), info.Size()); err != nil {
			return nil, err
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// mayBe refuses what is no file of a proof.
func mayBe(name string, regular bool, size int64) error {
	switch {
	case !slices.Contains(names(), name):
		return fmt.Errorf("%s: no file of a proof", name)
	case !regular:
		return fmt.Errorf("%s: no regular file", name)
	case size > maxFile:
		return fmt.Errorf("%s: %d bytes, more than %d", name, size, maxFile)
	}
	return nil
}

// WriteDir writes a proof into a folder, which is made if it is not there. It refuses
// one that is not empty: a proof has no other files.
func (f Files) WriteDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty", dir)
	}
	for _, name := range f.sorted() {
		if err := os.WriteFile(filepath.Join(dir, name), f[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (f Files) sorted() []string { return slices.Sorted(maps.Keys(f)) }

// Zip packs a proof, in the order of the names and without times, so that the same
// proof gives the same bytes.
func (f Files) Zip() ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range f.sorted() {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ReadZip unpacks a proof. It refuses whatever else is there, naming it.
func ReadZip(b []byte) (Files, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	files := Files{}
	for _, f := range z.File {
		if err := mayBe(f.Name, f.Mode().IsRegular(), int64(min(f.UncompressedSize64, maxFile+1))); err != nil {
			return nil, err
		}
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("%s: there twice", f.Name)
		}
		if files[f.Name], err = unpack(f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return files, nil
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return b, err
}
