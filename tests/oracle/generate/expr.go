package main

func exprCases(b *book) {}
