package gateway

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Gateway answers browsers from the database and the price service.
type Gateway struct {
	db     *sql.DB
	client *http.Client
}

// New makes a gateway.
func New(db *sql.DB) *Gateway {
	return &Gateway{db: db, client: &http.Client{Timeout: 2 * time.Second}}
}

// Price asks the price service.
func (g *Gateway) Price(ctx context.Context, article string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://prices.example.org/"+article, nil)
	if err != nil {
		return 0, err
	}
	response, err := g.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("price of %s: %w", article, err)
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
	err := g.db.QueryRowContext(ctx, "select count(*) from stock where article = $1", article).Scan(&left)
	if err != nil {
		return 0, fmt.Errorf("stock of %s: %w", article, err)
	}
	return left, nil
}
