package sign

import (
	"fmt"
	"testing"
)

// On trees of every size up to 40, each leaf's path leads to the root, and no path
// with one hash, one side or one step changed does.
func TestPathsLeadToTheRoot(t *testing.T) {
	var leaves [][]byte
	for n := range 40 {
		leaves = append(leaves, fmt.Appendf(nil, "leaf %d", n))
		root := Root(leaves)
		for i, leaf := range leaves {
			path, err := Path(leaves, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			if Climb(leaf, path) != root {
				t.Fatalf("leaf %d of %d: the path leads elsewhere", i, len(leaves))
			}
			if n > 0 && Climb(leaves[(i+1)%len(leaves)], path) == root {
				t.Errorf("leaf %d of %d: its path is another leaf's", i, len(leaves))
			}
			for k := range path {
				path[k].Left = !path[k].Left
				if Climb(leaf, path) == root {
					t.Errorf("leaf %d of %d: step %d may be on either side", i, len(leaves), k)
				}
				path[k].Left = !path[k].Left
				path[k].Hash[31] ^= 1
				if Climb(leaf, path) == root {
					t.Errorf("leaf %d of %d: step %d may have another hash", i, len(leaves), k)
				}
				path[k].Hash[31] ^= 1
				if Climb(leaf, path[:k]) == root {
					t.Errorf("leaf %d of %d: the path may end after %d steps", i, len(leaves), k)
				}
			}
		}
	}
	if _, err := Path(leaves, uint64(len(leaves))); err == nil {
		t.Error("a path from a leaf that is not there")
	}
	if _, err := Path(nil, 0); err == nil {
		t.Error("a path in no tree")
	}
}
