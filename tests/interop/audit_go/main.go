// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0

// audit_go VKEY LOG CHECKPOINT...: checks a log with the code of Go's checksum database
// (golang.org/x/mod/sumdb/note and tlog), which shares nothing with ours but the specification:
// the signatures of LOG/checkpoint and of each CHECKPOINT, the root from the tiles, every entry
// against its leaf, the inclusion of many entries, and that each checkpoint is a beginning of the
// newest one. Prints a line and exits with 0, or with 1 at the first thing that does not hold.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func must(err error) {
	if err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}

func name(n int64) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/", n%1000) + s
	}
	return s
}

// read returns a tile or bundle: the partial one, or the full one that took its place.
func read(log, level string, n int64, w int) []byte {
	path := log + "/tile/" + level + "/" + name(n)
	if w < width {
		if b, err := os.ReadFile(path + ".p/" + strconv.Itoa(w)); err == nil {
			return b
		}
	}
	b, err := os.ReadFile(path)
	must(err)
	return b
}

type tiles struct{ log string }

func (tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, w := range wanted {
		b := read(t.log, strconv.Itoa(w.L), w.N, w.W)
		all = append(all, b[:w.W*tlog.HashSize])
	}
	return all, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// open verifies a checkpoint's signature and returns what it says.
func open(path string, verifiers note.Verifiers) tlog.Tree {
	data, err := os.ReadFile(path)
	must(err)
	n, err := note.Open(data, verifiers)
	must(err)
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// checkEntries compares every entry with its leaf in the tiles.
func checkEntries(log string, size int64) {
	for b := int64(0); b*width < size; b++ {
		w := width
		if size-b*width < width {
			w = int(size - b*width)
		}
		bundle := read(log, "entries", b, w)
		tile := read(log, "0", b, w)
		for i := 0; i < w; i++ {
			n := int(binary.BigEndian.Uint16(bundle))
			hash := tlog.RecordHash(bundle[2 : 2+n])
			bundle = bundle[2+n:]
			if string(hash[:]) != string(tile[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
				must(fmt.Errorf("entry %d is not its leaf", b*width+int64(i)))
			}
		}
	}
}

func main() {
	log := os.Args[2]
	verifier, err := note.NewVerifier(os.Args[1])
	must(err)
	verifiers := note.VerifierList(verifier)
	tree := open(log+"/checkpoint", verifiers)
	reader := tlog.TileHashReader(tree, tiles{log})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		must(fmt.Errorf("the tiles have another root than the checkpoint"))
	}
	checkEntries(log, tree.N)
	proved := 0
	for i := int64(0); i < tree.N; i += 1 + tree.N/500 {
		proof, err := tlog.ProveRecord(tree.N, i, reader)
		must(err)
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, i, leaf[0]))
		proved++
	}
	for _, path := range os.Args[3:] {
		older := open(path, verifiers)
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	}
	fmt.Printf("good: %d entries, %d proved, %d older checkpoints\n", tree.N, proved, len(os.Args)-3)
}
