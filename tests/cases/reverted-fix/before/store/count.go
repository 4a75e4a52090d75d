package store

import (
	"context"
	"database/sql"
)

func Count(ctx context.Context, db *sql.DB) (int, error) {
	var n int
	err := db.QueryRowContext(ctx, "select count(*) from orders").Scan(&n)
	if err != nil {
		return 0, err
	}
	return n, nil
}
