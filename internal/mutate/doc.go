// Mutate measures how much the tests of a package hold: it changes the package's code in one place at a time, and asks whether a test
// fails. A change that no test notices, a surviving mutant, is a behaviour that nobody states, code that has no effect, or an
// equivalent way to write the same.
//
//	mutate -root MODULE -list FILE PACKAGE...
//
// Packages are folders below -root. The exit status is 0 if every survivor is listed with its reason in the file of -list and every
// one that is listed there still survives; 1 otherwise; 2 for wrong usage or where a package or its tests do not compile.
//
// # How it works
//
// Building a test binary for each of thousands of mutants would take a day, so all mutants of a package are compiled into one, each
// behind a condition that the environment variable MUTANT makes true (mutant schemata). The changed files reach the compiler through an
// overlay; nothing in the tree is touched. Then
//
//  1. every test function runs once by itself, and the code notes in a table which places it reaches, and its processor time;
//  2. every mutant runs in processes of its own against the tests that reach it, cheapest first, until one fails;
//  3. survivors are tried against the tests of the packages named by -judges, which use the package.
//
// Property tests run with a fixed seed, so that a kill can be repeated. A mutant may use four times the processor time that its tests need and
// half a second more, rounded up to seconds; one that exceeds this twice counts as killed by time-out.
//
// Test functions that fail in the overlay by themselves, or need more than -longest, take no part, and are named. Places that no test
// reaches are survivors too.
//
// # Operators
//
//	boundary    < to <=, <= to <, > to >=, >= to >
//	negation    == to !=, < to >=, > to <=, and the other way round
//	arithmetic  + to -, - to +, * to /, / to *, % to *
//	incdec      ++ to --, -- to ++
//	negative    -x to x
//	logical     && to ||, || to &&
//	bitwise     & to |, | to &, ^ to &, &^ to &, << to >>, >> to <<
//	assign      += to -=, -= to +=
//	condition   a condition that is no comparison: x to !x
//	statement   a call or an assignment is left out
//
// The last two only with -ops all. Constants in const declarations and array lengths are left alone, strings are not subtracted, and a place whose
// mutants do not compile is left out.
//
// Needs the go command and a Unix system (limits on processor time and memory, a shared table).
package main
