// Where PTFI is, and which of its clients this page is. Both are public: a page in a browser keeps no secret.
export const issuer = "http://localhost:8000";
export const clientID = "example-spa";
