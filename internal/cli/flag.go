package cli

// A Flag is a flag of a command, as a shell's completion knows it.
type Flag struct {
	Name   string   // without the dash
	Arg    string   // what its value is, "" for a flag without one
	Doc    string   // what it does, in a few words
	Values []string // values to offer; nil for none
	File   bool     // the value is the name of a file
}

// PluginPrefix is the Prefix of the program as a plugin of kubectl, which has a cluster to ask.
const PluginPrefix = "kubectl cidr "
