package gateway

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
)

// Gateway answers browsers from the database and the price service.
type Gateway struct {
	db     *sql.DB
	client *http.Client
}

// New makes a gateway.
func New(db *sql.DB) *Gateway {
	return &Gateway{db: db, client: &http.Client{}}
}

// Price asks the price service.
func (g *Gateway) Price(ctx context.Context, article string) (int, error) {
	response, err := g.client.Get("https://prices.example.org/" + article)
	if err != nil {
		return 0, fmt.Errorf("price of %s: %w", article, err)
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("price of %s: %s", article, response.Status)
	}
	defer response.Body.Close()
	var price int
	if err := json.NewDecoder(response.Body).Decode(&price); err != nil {
		return 0, err
	}
	return price, nil
}

// Stock counts what is left.
func (g *Gateway) Stock(ctx context.Context, article string) (int, error) {
	var left int
	err := g.db.QueryRow("select count(*) from stock where article = $1", article).Scan(&left)
	if err != nil {
		return 0, nil
	}
	return left, nil
}
