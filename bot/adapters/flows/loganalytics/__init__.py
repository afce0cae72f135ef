"""Flows from tables of an Azure Log Analytics workspace: one small module for each table, one way to ask."""
