/*
 * Licence of the file.
 */
class Comments { // after the brace  // => comment own_line=false parent=class
    /** A promise. */ int x; // => comment text=A_promise. own_line=true parent=class; field name=x
    //mainstay: allow timeout/x because we said so  // => comment own_line=true parent=class
    void f() { // => function name=f
        call( // => call callee=call arguments=1,2
            // about the argument  // => comment own_line=true parent=call
            1, /* between */ 2); // => comment text=between own_line=false parent=call
        client // the client
            .get() // => call callee=client.get
            // in a chain  // => comment own_line=true parent=call
            .send(); // => call callee=client.get().send use=dropped
        int a = b // first
            // in a sum  // => comment own_line=true parent=assignment
            + c;
        Object o = new Object[] { // => assignment targets=o value=[1]
            // in an array  // => comment parent=assignment
            1,
        };
        if (a > 1 /* why */) { // => branch condition=>(a,1); comment text=why own_line=false parent=branch
        } // after the body  // => comment parent=branch own_line=false
        else { // in the else  // => comment parent=block
        }
        try (
            // about the resource  // => comment parent=with
            Reader r = open()) {
        } // before the handler  // => comment parent=try
        catch (IOException e) { // in the handler  // => comment parent=handler
        }
        switch (a) { // => branch style=switch
            // about the case  // => comment parent=branch
            case 1: // => block arm=case
                // in the case  // => comment parent=block
                break;
        }
        for (Row row : rows) { // in the loop  // => comment parent=block
        }
        return /* nothing */; // => return values=; comment text=nothing parent=return
    }
}
