@NullMarked
package com.example; // the file's package is asked for in no line: see the test of packages

@Service // => !class
@RequestMapping(path = "/orders", produces = {"a", "b"}) // => call callee=RequestMapping arguments=path="/orders",produces=["a","b"] use=item consumer=class
public abstract class Declarations<T extends Comparable<T>> extends Base<T> implements Closeable, org.example.Port { // => class name=Declarations bases=Base,Closeable,org.example.Port modifiers=abstract,public decorators=Service,RequestMapping()
    private static final Logger LOG = LoggerFactory.getLogger(Declarations.class); // => field name=LOG type=Logger modifiers=final,private,static value=LoggerFactory.getLogger(); call callee=LoggerFactory.getLogger arguments=Declarations use=assigned consumer=field
    static final int LIMIT = 60 * 1000, sizes[] = {1, 2}; // => field name=LIMIT type=int value=60000; field name=sizes type=[]int value=[1,2] modifiers=final,static
    @Value("${pool.size}") // => call callee=Value use=item consumer=field arguments="${pool.size}"
    private volatile int pool; // => field name=pool type=int modifiers=private,volatile value=null decorators=Value()
    private final Map<String, List<Order>> orders = new ConcurrentHashMap<>(); // => field name=orders type=map_[]Order value=ConcurrentHashMap()
    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>(); // => field type=BlockingQueue

    static {
        load(); // => call use=dropped parent=class symbol=Declarations
    }

    @Scheduled(fixedDelay = 1000) // => call callee=Scheduled arguments=fixedDelay=1000 use=item consumer=function
    @Deprecated
    public final synchronized <U> CompletableFuture<U> poll(@Nullable final Map<String, ?> m, int[]... k) // => function name=poll symbol=Declarations.poll parameters=m:map_,k:[][]int... result=CompletableFuture modifiers=final,public,synchronized throws=IOException,java.lang.Error decorators=Scheduled(),Deprecated asynchronous=false closure=false
        throws IOException, java.lang.Error {
        return null; // => return values=null
    }

    abstract int[] counts(List<? extends Order> all, Optional<String> one, String names[], var x); // => function name=counts parameters=all:[]Order,one:Optional,names:[]String,x result=[]int modifiers=abstract
    native void stop(Declarations<T> this, Outer<T>.Inner<T> inner) ; // => function name=stop parameters=inner:Outer.Inner result= modifiers=native

    enum State implements Named { // => class name=State bases=Named modifiers=enum symbol=Declarations.State
        IDLE, // => field name=IDLE type=State modifiers=final,static value=null
        BUSY(3) { // => field name=BUSY value=State(); call callee=State arguments=3 constructor=true; class name= bases=State
            int weight() { // => function name=weight symbol=Declarations.State.weight
                return 1;
            }
        };

        private int weight; // => field name=weight parent=class
    }

    record Page(int number, List<String> rows) implements Serializable { // => class name=Page bases=Serializable modifiers=record; field name=number type=int modifiers=final; field name=rows type=[]String
        Page { // => function name=Page symbol=Declarations.Page.Page modifiers=constructor
            check(number); // => call parent=function
        }
    }

    sealed interface Port<T> extends Named, Closeable permits A { // => class name=Port bases=Named,Closeable modifiers=interface,sealed
        int MAX = 3; // => field name=MAX value=3 type=int
        void open() throws IOException; // => function name=open modifiers= throws=IOException

        default int tries() { // => function modifiers=default result=int
            return MAX;
        }
    }

    @interface Marker { // => class name=Marker modifiers=annotation
        int value() default 3;
    }
}
