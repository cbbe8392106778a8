//! throughline-mcp
