//! throughline-agents
