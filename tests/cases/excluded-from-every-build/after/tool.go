

package main

import "net/http"

func main() {
	client := &http.Client{}
	client.Get("https://example.org/release")
}
