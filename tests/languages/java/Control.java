class Control {
    int branches(Shape shape, int code) {
        if (code == 1) // => branch style=if condition===(code,1) parent=function end=12
            one(); // => block arm=then; call use=dropped parent=block
        else if (code > 2 && shape instanceof Circle c) { // => block arm=else parent=branch end=12; branch style=if parent=block; assignment targets=c value=shape type=Circle declaration=true; block arm=then
            c.draw(); // => call callee=c.draw
        } else if (shape.get() instanceof Square(int side, var rest)) { // => assignment targets=side type=int value=null; assignment targets=rest type=; call use=compared
            two();
        } else { // => block arm=else parent=branch end=12; !branch
            three();
            // nothing left
        }
        switch (code) { // => branch style=switch condition=code
            case 1: // => block arm=case label=1
            case 2, 3: // => block arm=case label=2,_3
                one();
                break; // => break label= parent=block
            default: // => block arm=default label=default
                two();
        }
        int result = switch (shape) { // => assignment targets=result type=int; branch style=switch condition=shape
            case Circle c when c.big() -> find(c); // => block arm=case label=Circle_c_when_c.big(); assignment targets=c type=Circle; call callee=c.big use=condition consumer=block; call callee=find use=assigned consumer=assignment
            case Square s -> { // => block arm=case
                yield fallback(s); // => call callee=fallback use=assigned consumer=assignment; !yield
            }
            case null, default -> throw new Unknown(shape); // => block arm=default; raise value=Unknown(); call use=raised
        };
        return switch (code) { case 1 -> one(); default -> 0; }; // => return values=switch(code,one(),0); call callee=one use=returned consumer=return
    }

    void loops(List<String> rows) {
        retry: // => !loop
        for (int attempt = 0, max = 3; attempt < max; attempt++, wait(1)) { // => loop style=count condition=<(attempt,max) label=retry; assignment targets=attempt value=0 declaration=true type=int; assignment targets=max; assignment targets=attempt operator=++ value=null; call callee=wait use=dropped; block arm=body
            continue retry; // => continue label=retry
        }
        for (final String row : rows) // => loop style=each targets=row iterable=rows type=String label=
            use(row); // => block arm=body; call
        for (;;) { // => loop style=forever condition=null
            break; // => break label=
        }
        while (true) { // => loop style=forever condition=true
        }
        while ((line = reader.readLine()) != null) { // => loop style=while condition=!=(line,null); assignment targets=line declaration=false operator==; call callee=reader.readLine use=assigned consumer=assignment
        }
        do { // => loop style=while tested=after condition=again() end=47; block arm=body
            work();
        } while (again()); // => call callee=again use=condition consumer=loop
        outer: { // => !loop
            break outer; // => break label=outer
        }
    }

    void failures() throws IOException {
        try { // => try; block arm=body
            work();
        } catch (final IOException | java.sql.SQLException e) { // => handler style=catch types=IOException,java.sql.SQLException variable=e parent=try
            throw e; // => raise value=e
        } catch (RuntimeException ignored) { // => handler types=RuntimeException variable=ignored
        } finally { // => block arm=finally parent=try
            close();
        }
        try (Reader in = new FileReader(path); // => try; block arm=body end=66; with items=(FileReader(),in),(BufferedReader(),b),(this.out,) types=Reader,, parent=block; call callee=FileReader use=item consumer=with
             var b = new BufferedReader(in); // => call callee=BufferedReader use=item consumer=with; !assignment
             this.out) { // => block arm=body parent=with
            b.read(); // => call parent=block
        } catch (IOException e) { // => handler parent=try
        }
        synchronized (this.lock) { // => lock object=this.lock; block arm=body parent=lock
            work(); // => call parent=block
        }
        assert ready() : "not ready"; // => call callee=ready use=operand
    }
}
