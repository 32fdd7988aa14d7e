// How fast godotenv is on a file: reader FILE. Prints the MB/s of its median round.
package main

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"syscall"

	"github.com/joho/godotenv"
)

const rounds = 15

func spent() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Sec+usage.Stime.Sec)*1e6 + float64(usage.Utime.Usec+usage.Stime.Usec)
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	times := make([]float64, rounds)
	for round := range times {
		before := spent()
		names, err := godotenv.Parse(bytes.NewReader(text))
		if err != nil || len(names) < 10000 {
			panic(fmt.Sprint("godotenv lost keys: ", err))
		}
		times[round] = spent() - before
	}
	sort.Float64s(times)
	fmt.Printf("%.1f\n", float64(len(text))/times[rounds/2])
}
