// Fixtures in, what godotenv.Load leaves in the environment out: a JSON object a line each.
// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

type fixture struct {
	File       json.RawMessage   `json:"file"` // base64, or a list of it
	ProcessEnv map[string]string `json:"process_env"`
}

// What every fixture finds set, beside its own.
var given = map[string]string{
	"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/home/u", "LANG": "C.UTF-8",
}

func load(names []string) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return godotenv.Load(names...)
}

func environment() map[string]interface{} {
	env := map[string]string{}

	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if !utf8.ValidString(entry) {
			return map[string]interface{}{"skip": "not UTF-8"}
		}
		if standard, found := given[name]; !found || standard != value {
			env[name] = value
		}
	}
	return map[string]interface{}{"env": env}
}

func write(file json.RawMessage, folder string) (names []string) {
	var one []byte
	var several [][]byte

	if json.Unmarshal(file, &one) == nil {
		several = [][]byte{one}
	} else if err := json.Unmarshal(file, &several); err != nil {
		panic(err)
	}
	for i, bytes := range several {
		names = append(names, filepath.Join(folder, fmt.Sprint(i, ".env")))
		if err := os.WriteFile(names[i], bytes, 0600); err != nil {
			panic(err)
		}
	}
	return names
}

func outcome(line []byte, folder string) map[string]interface{} {
	var asked fixture

	if err := json.Unmarshal(line, &asked); err != nil {
		panic(err)
	}
	os.Clearenv()
	for name, value := range given {
		os.Setenv(name, value)
	}
	for name, value := range asked.ProcessEnv {
		os.Setenv(name, value)
	}
	if err := load(write(asked.File, folder)); err != nil {
		return map[string]interface{}{"error": err.Error()}
	}
	return environment()
}

func main() {
	folder, err := os.MkdirTemp("", "godotenv-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			answers.Encode(outcome(line, folder))
		}
		if err != nil {
			return
		}
	}
}
