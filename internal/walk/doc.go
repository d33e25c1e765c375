// Package walk holds a test and no code: it calls every exported function and method of the public packages with values
// that nobody would make on purpose.
package walk
