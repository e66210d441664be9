"""What every black-box test shares: servers, raw RESP connections, and the small case runner."""
