class Values {
    void constants() {
        a = 1_000L; // => assignment targets=a value=1000 operator== declaration=false
        a = 0x1F + 010 + 0b11; // => assignment value=42
        a = 5 * 60 * 1000; // => assignment value=300000
        a = 7 / 2; // => assignment value=3
        a = 7 / 2.0; // => assignment value=3.5
        a = 1.5f; // => assignment value=1.5
        a = 1e3d; // => assignment value=1000.0
        a = 1e999; // => assignment value=?
        a = -1; // => assignment value=-1
        a = 1 << 10; // => assignment value=1024
        a = 'c'; // => assignment value="c"
        a = '\n'; // => assignment value="\n"
        a = "a\tb\"c\u0041"; // => assignment value="a\tb\"cA"
        a = "select " + "1"; // => assignment value="select_1"
        a = "select " + column; // => assignment value=+("select_",column)
        a = """
            select *
              from "t"
            """; // the text block starts above
        a = true; // => assignment value=true
        a = null; // => assignment value=null value.form=constant
        a = Duration.ofSeconds(5); // => assignment value=Duration.ofSeconds() value.form=call
    }

    void places() {
        buffer[at++] = 2; // => assignment targets=buffer[]; index object=buffer mode=write keys=at; assignment targets=at operator=++
        cache[0][1].size(); // => call callee=cache[][].size; index object=cache[] mode=read; index object=cache keys=0
        total += prices[i]; // => assignment targets=total operator=+= value=prices[]; index mode=read
        --left; // => assignment targets=left operator=-- value=null
        this.a.b = c = d(); // => assignment targets=this.a.b value=c; assignment targets=c value=d(); call use=assigned consumer=assignment
        int one, two = 2, many[] = new int[3]; // => assignment targets=one value=null type=int declaration=true; assignment targets=two value=2; assignment targets=many type=[]int value=new[](3)
        final var list = new int[]{1, 2}; // => assignment targets=list type= value=[1,2]
        byte[] buffer = new byte[64 * 1024]; // => assignment type=[]byte value.parts.0.constant=65536
        String[] names = {"a", find("b")}; // => assignment value=["a",find()]; call callee=find use=element consumer=assignment
        Object o = (Object) (List<String>) make(); // => assignment value=make() type=Object
        Class<?> k = String[].class; // => assignment type=Class value=[]String value.form=type
        int[] none = new int[0][]; // => assignment value=new[](0)
    }

    void operators() {
        a = !b || c != null; // => assignment value=||(!(b),!=(c,null))
        a = ok ? 1 : ~2; // => assignment value=?:(ok,1,~(2))
        a = x instanceof java.util.List; // => assignment value=instanceof(x,java.util.List)
        a = b & c | d ^ e >>> 2; // => assignment value=|(&(b,c),^(d,>>>(e,2)))
        a = (x, y) -> x + y; // => assignment value=function; function parameters=x,y closure=true use=assigned consumer=assignment; !return
        a = (int x, String... y) -> { return x; }; // => function parameters=x:int,y:[]String...; return values=x
        a = Values.this.b; // => assignment value=Values.this.b
        a = super.b; // => assignment value=super.b
    }
}
