// Package store keeps things.
package store

import (
	"context"                                                  // => import module=context name= alias=context whole=true
	"time"                                                     // => import module=time alias=time
	pg "github.com/jackc/pgx/v5"                               // => import module=github.com/jackc/pgx/v5 alias=pg
	_ "github.com/lib/pq"                                      // => import module=github.com/lib/pq alias=_
	. "example.org/dsl"                                        // => import module=example.org/dsl alias=.
	"github.com/cenkalti/backoff/v4"                           // => import alias=backoff
	"gopkg.in/yaml.v3"                                         // => import alias=yaml
	"github.com/hashicorp/go-retryablehttp"                    // => import alias=retryablehttp
	"github.com/nats-io/nats.go"                               // => import alias=nats
	"github.com/minio/minio-go/v7"                             // => import alias=minio
	"k8s.io/api/apps/v1"                                       // => import alias=v1
	"k8s.io/api/autoscaling/v2"                                // => import alias=v2
)

var pods v1.Deployment       // => field name=pods type=v1.Deployment value=null modifiers=
var scaler v2.Scaler         // => field name=scaler type=v2.Scaler
var mark = yaml.NodeKind(3)  // => field name=mark; call callee=yaml.NodeKind use=assigned consumer=field

const Limit = 3 * 1024 // => field name=Limit value=3072 modifiers=const,public

const (
	first  = iota // => field name=first value=iota modifiers=const
	second        // => field name=second value=null modifiers=const
)

var (
	timeout      = 5 * time.Second  // => field name=timeout value=5s
	low, high    = 1, 2             // => field name=low value=1; field name=high value=2
	client, fail = dial(timeout)    // => field name=client value=dial(); field name=fail value=dial(); call callee=dial use=assigned; !call parent=file
	cache        map[string]*Entry  // => field name=cache type=map_Entry value=null
	handlers     []func(int) error  // => field name=handlers type=[]func
)

// Store is a store.
type Store struct { // => class name=Store bases=Base,pg.Conn modifiers=public symbol=Store decorators=
	*Base            // => field name=Base type=Base symbol=Store
	pg.Conn          // => field name=Conn type=pg.Conn
	Name, Kind string `json:"name"` // => field name=Name type=string modifiers=public; field name=Kind type=string
	mu         sync.Mutex           // => field name=mu type=sync.Mutex modifiers=
	queue      chan<- Job           // => field name=queue type=chan_Job
	rows       [16][]byte           // => field name=rows type=[][]byte
	seen       map[pg.Key][]string  // => field name=seen type=map_[]string
	list       List[Entry]          // => field name=list type=List
	any        interface{}          // => field name=any type=any
	nested     struct{ a int }      // => field name=nested type=
}

type Reader interface { // => class name=Reader bases=io.Closer modifiers=interface,public
	io.Closer
	Read(ctx context.Context, keys ...string) (map[string]int, error) // => function name=Read symbol=Reader.Read modifiers=abstract,public parameters=ctx:context.Context,keys:string... result=map_int,error
}

type number interface { // => class name=number bases= modifiers=interface
	~int | ~float64
}

type Seconds time.Duration // => class name=Seconds bases=time.Duration modifiers=named,public
type alias = Store         // => class name=alias bases=Store modifiers=alias
type Option func(*Store)   // => class name=Option bases=func

func New(name string, a, b int, opts ...Option) (*Store, error) { // => function name=New symbol=New parameters=name:string,a:int,b:int,opts:Option... result=Store,error modifiers=public closure=false throws= asynchronous=false
	return nil, nil // => return values=null,null
}

func (s *Store) Get(context.Context, []string) (out []Entry, err error) { // => function name=Get symbol=Store.Get receiver=s:Store parameters=:context.Context,:[]string result=[]Entry,error
	if err = s.ping(); err != nil { // => branch condition=!=(err,null) symbol=Store.Get
		return // => return values=out,err
	}
	func() { // => function name= closure=true use=receiver consumer=call
		return // => return values=
	}()
	return
}

func (List[T]) Len() int { return 0 } // => function name=Len symbol=List.Len receiver=:List result=int

func Map[K comparable, V any](in map[K]V, fn func(V) error) { // => function name=Map parameters=in:map_V,fn:func result=
}

func external(
	a int, // what it is
	b float64,
) int // => !function
